"""Every picture stays as it is: recipes of all settings, every entrance, and files of earlier versions.

``recipes.json`` and what lies in ``files/`` are as an earlier version wrote them, and are not to be written
anew: whatever spelling a later version has, these are read for ever.
"""
