"""From declared views to the spec that the engine runs: compile → infer → optimise → emit. It reads no evidence and runs nothing."""
