"Jobs between machines: the client, the remote runner, the node and the manager."
