package attack

// outside are attacks on what is not a replica: applications, clients, decoders, links.
var outside = []*Attack{}
