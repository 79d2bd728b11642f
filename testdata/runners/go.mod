module runners

go 1.22
