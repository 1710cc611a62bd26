"How people watch: notebook widgets and the web page."
