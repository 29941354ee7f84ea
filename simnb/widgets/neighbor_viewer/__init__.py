"""The neighbour viewer: a query, what the index finds for it, and what of that is right."""
