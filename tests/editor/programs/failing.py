"What can go wrong, and what the errors know."
from typing import assert_type
from cjm_jobtrack import (IllegalMove, InvalidInput, JobtrackError, JobTracker, KeyConflict, LeaseLost, NeverFits, StoreError, UnknownJob, UnknownNode,
                          UnknownRunner, __version__)

def ask(tracker:JobTracker) -> str:
    try: return tracker.create_job('a').id
    except UnknownRunner as e: return f'{e.runner}: {", ".join(e.known)}'
    except NeverFits as e: return f'{e.needs} {e.has}'
    except InvalidInput as e: return f'{e.field} {e.problem} {e.remedy}'
    except KeyConflict as e: return f'{e.job_id} {", ".join(e.differences)}'
    except LeaseLost as e: return f'{e.lease:d}'
    except IllegalMove as e: return f'{e.job_id}: from {e.frm} to {e.to}'
    except UnknownJob as e: return e.job_id
    except UnknownNode as e: return e.node
    except StoreError as e: return f'{e.url} {e.problem}'
    except JobtrackError as e: return str(e.facts())

assert_type(__version__, str)
