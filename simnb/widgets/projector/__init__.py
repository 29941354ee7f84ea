"""The projector: a map of embeddings, and the layouts that it is drawn by."""
