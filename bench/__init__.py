"""The benchmark: real repositories, and ratios against floors that are measured in the same run. It is no test and holds no target."""
