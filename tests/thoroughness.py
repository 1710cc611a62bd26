"""How thorough the tests are to be. In a module of its own: there is more than one `conftest`, and only the first that is imported goes by that name."""
import os

LONG = os.environ.get('HYPOTHESIS_PROFILE') == 'long'  # `make test-long`
