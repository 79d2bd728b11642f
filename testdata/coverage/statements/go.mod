module example.org/statements

go 1.23
