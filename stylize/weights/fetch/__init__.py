"""One weight file from one source: the Hugging Face Hub, or a plain web address.

Whatever goes wrong ends in a WeightsError that says what to do; OfflineError where nobody answers.
``stylize.weights.resolve`` decides which source to ask.
"""
