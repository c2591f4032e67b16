"""The modes. Importing this package brings no torch: ``load`` fetches a mode's code when it runs."""
