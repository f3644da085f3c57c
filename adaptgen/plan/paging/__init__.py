"""How a list is paged, by its parameters, its answer and its prose."""
