"""One weight file from one source: the Hugging Face Hub, or a plain web address.

``hub`` and ``web`` download into the folders of ``caches``. Every failure is a WeightsError that
says what to do (``failures``); OfflineError where no server answers (``timeouts``).
``stylize.weights.download`` decides which source to ask.
"""
