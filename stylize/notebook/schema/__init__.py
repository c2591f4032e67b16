"""Records whose fields are declared once, and what follows from the declarations."""
