"""Benchmarks, side by side in one run. Local figures: they say how two ways compare here, not what a cloud's latency is."""
