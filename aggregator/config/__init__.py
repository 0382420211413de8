"""YAML and the environment, turned into typed configuration; every fault says where and what."""
