"""Evergreen posts: kept with their pages and seasons, published through the connectors, held while there is trouble."""
