"`python -m cjm_jobtrack.cli` is the command `jobtrack`."
from .main import main

if __name__ == '__main__': main()
