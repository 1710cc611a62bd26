"What each server of ours has: who may call, what is counted, how connections end, how events are sent to many."
