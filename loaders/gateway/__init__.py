"""Formats that gateways write."""
