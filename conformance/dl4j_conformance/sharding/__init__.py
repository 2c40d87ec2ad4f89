"""Work in shards, on one machine or many: shards that end in any order, lost workers, checkpoints."""
