"""The manual. ``reference.md`` is written from the declarations by :mod:`sopxl.manual.reference`; ``figures.md``
holds what was measured. ``sopxl manual PAGE`` prints a page."""
