"""One weight file from one source: the Hugging Face Hub, or a plain web address.

``hub`` and ``web`` download into the folders of ``caches``. Whatever goes wrong ends in a WeightsError that
says what to do (``failures``); OfflineError where nobody answers (``timeouts``).
``stylize.weights.download`` decides which source to ask.
"""
