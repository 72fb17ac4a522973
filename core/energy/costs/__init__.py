"""What a point's energy costs, by hour, day or month: its readings, priced by what is agreed for each day."""
