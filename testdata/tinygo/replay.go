// Prints what differs between runs: times and random values. Goroutines that sleep, timers, tickers and
// deadlines show the elapsed time. The argument selects the random values.
package main

import (
	"context"
	crypto "crypto/rand"
	"fmt"
	"math/rand"
	"os"
	"sync"
	"time"
)

var start = time.Now()

func say(words ...any) {
	fmt.Println(append([]any{time.Since(start)}, words...)...)
}

func main() {
	fmt.Println(start.UTC())
	if len(os.Args) > 1 {
		chance()
		return
	}

	var all sync.WaitGroup
	for _, name := range []string{"an hour", "30m", "90s"} {
		all.Add(1)
		go func(name string) {
			defer all.Done()
			length, err := time.ParseDuration(name)
			if err != nil {
				length = time.Hour
			}
			time.Sleep(length)
			say("slept", name)
		}(name)
	}
	all.Wait()

	ticker := time.NewTicker(250 * time.Millisecond)
	for range [3]int{} {
		<-ticker.C
		say("tick")
	}
	ticker.Stop()

	work := make(chan string)
	go func() {
		time.Sleep(2 * time.Second)
		work <- "done"
	}()
	for _, patience := range []time.Duration{time.Second, time.Minute} {
		select {
		case result := <-work:
			say(result)
		case <-time.After(patience):
			say("not yet")
		}
	}

	ctx, cancel := context.WithTimeout(context.Background(), 24*time.Hour)
	defer cancel()
	deadline, _ := ctx.Deadline()
	<-ctx.Done()
	say(ctx.Err(), deadline.UTC())

	time.AfterFunc(time.Nanosecond, func() { say("a nanosecond later") })
	time.Sleep(2 * time.Nanosecond)
	say("the end")
}

// chance prints random values from all sources.
func chance() {
	names := map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8}
	for round := 0; round < 3; round++ {
		for name := range names {
			fmt.Print(name)
		}
		fmt.Println()
	}
	fmt.Println(rand.Int(), rand.Perm(10))
	bytes := make([]byte, 300)
	if _, err := crypto.Read(bytes); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%x\n", bytes)
	ready := make(chan int, 100)
	for number := range [100]int{} {
		ready <- number
	}
	sum := 0
	for range [100]int{} {
		select {
		case number := <-ready:
			sum = 31*sum + number
		case <-time.After(0):
			sum *= 7
		}
	}
	fmt.Println(sum)
}
