"""Tools of several calls: steps of the hints, and Arazzo descriptions."""
