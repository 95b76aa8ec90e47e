"""A company that does not exist, for trying tollbook out."""

from loaders.demo.world import write_demo

__all__ = ["write_demo"]
