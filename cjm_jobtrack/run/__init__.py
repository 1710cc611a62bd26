"How jobs are carried out: runners, the queue that drives them, and the pipelines a node allows."
