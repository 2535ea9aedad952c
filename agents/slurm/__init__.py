"""A queue's tasks as jobs of Slurm: one `sbatch` for each, which runs the unmodified agent on a node of the cluster."""
