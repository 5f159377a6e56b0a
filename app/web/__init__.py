"""HTTP in; HTML, JSON or a stream out."""
