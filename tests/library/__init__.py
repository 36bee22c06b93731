"""Posts that can be used again: written, approved, published once, held while there is trouble."""
