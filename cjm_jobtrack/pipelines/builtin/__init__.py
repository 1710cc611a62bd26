"""Pipelines that come with the package.

Each is a TOML file that says what is allowed, and next to it the program that does the work. The programs stand alone:
they read one input, print `Progress: N%`, write whole files or none, and know nothing of jobs. So they serve as well
from a shell as from a node:

    python -m cjm_jobtrack.pipelines.builtin.transcribe recording.wav out/

They need the extra `demo` (`pip install 'cjm-jobtrack[demo]'`)."""
