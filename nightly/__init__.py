"""The command line and the steps of a night: load, build, audit, publish."""
