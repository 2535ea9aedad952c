"""The way up: everything from this server's data folder to another ClearML Server, through its public API.

    target.py   the other server: addresses and keys from a clearml.conf, calls, event batches, uploads
    journal.py  what has been moved already, so that a second run goes on where the first one ended
    rewrite.py  old ids and file addresses in documents become the new ones
    events.py   a task's events as the API takes them
    move.py     the order of things

The other server gives every object a new id, so objects are first made empty, and filled once all ids are known.
"""
