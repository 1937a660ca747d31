"""The report of a human study: tables, sentences, plots, and one self-contained HTML file."""
