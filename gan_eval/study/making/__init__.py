"""Making a study: plan, design, pictures, page and export."""
