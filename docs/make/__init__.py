"""What writes the generated parts of the documents: references, tables between markers, pictures."""
