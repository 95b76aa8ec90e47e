"""Speed and scale, side by side with peers, as ratios of one run: `make bench`."""
