"""The rules that outlive one endpoint. This room sees no HTTP and no SQL; time is passed in."""
