// A slow, long wire between two network namespaces: link NAMESPACE NAMESPACE KBIT_A_SECOND DELAY_MS QUEUE_KB
//
// Each namespace gets a TUN interface "wire"; what goes into one comes out of the other, the same both ways. A packet
// waits in the router's queue for its turn, takes its length at the rate, then the delay; it is dropped if it finds the
// queue full. A number on standard input is the rate from then on, also for what is queued already. Ends with its input.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PLACES 16384 // packets that one direction can hold
#define LARGEST 2048 // bytes; a TUN interface hands over packets of its MTU, segmented already

struct packet {
  uint64_t came, due; // nanoseconds
  uint32_t length;
  uint8_t bytes[LARGEST];
};

struct direction {
  int from, to;
  struct packet *packets;
  unsigned delivered, departed, arrived; // counts; packets departed..arrived wait for their turn
  uint64_t waiting;                      // bytes
  uint64_t freeAt;                       // when the line can take the next packet
};

static void fail(const char *what) {
  fprintf(stderr, "Cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static int interfaceIn(const char *namespace) {
  char path[256];
  snprintf(path, sizeof path, "/var/run/netns/%s", namespace);
  int place = open(path, O_RDONLY);
  if (place < 0 || setns(place, CLONE_NEWNET)) fail(path);
  close(place);
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (tun < 0) fail("open /dev/net/tun");
  struct ifreq request = {.ifr_name = "wire", .ifr_flags = IFF_TUN | IFF_NO_PI};
  if (ioctl(tun, TUNSETIFF, &request)) fail("make an interface");
  return tun;
}

// Moves what is to be moved by now; gives the time of the next move, if that is before `soonest`.
static uint64_t move(struct direction *way, double rate, uint64_t delay, uint64_t queue, uint64_t soonest) {
  uint64_t time = now();
  for (;;) {
    uint8_t bytes[LARGEST];
    ssize_t length = read(way->from, bytes, sizeof bytes);
    if (length <= 0) break;
    if (way->arrived - way->delivered >= PLACES || way->waiting + length > queue) continue;
    struct packet *packet = &way->packets[way->arrived++ % PLACES];
    packet->came = time;
    packet->length = length;
    memcpy(packet->bytes, bytes, length);
    way->waiting += length;
  }
  while (way->departed != way->arrived && way->freeAt <= time) {
    struct packet *packet = &way->packets[way->departed++ % PLACES];
    uint64_t start = way->freeAt > packet->came ? way->freeAt : packet->came;
    way->freeAt = start + (uint64_t)(packet->length * 8e6 / rate); // kbit/s: 8e6 is nanoseconds times bits times thousand
    packet->due = way->freeAt + delay;
    way->waiting -= packet->length;
  }
  while (way->delivered != way->departed) {
    struct packet *packet = &way->packets[way->delivered % PLACES];
    if (packet->due > time) break;
    if (write(way->to, packet->bytes, packet->length) < 0) break; // down
    way->delivered++;
  }
  if (way->departed != way->arrived && way->freeAt < soonest) soonest = way->freeAt;
  if (way->delivered != way->departed) {
    uint64_t due = way->packets[way->delivered % PLACES].due;
    if (due < soonest) soonest = due;
  }
  return soonest;
}

int main(int count, char **words) {
  if (count != 6) {
    fprintf(stderr, "Usage: link NAMESPACE NAMESPACE KBIT_A_SECOND DELAY_MS QUEUE_KB\n");
    return 2;
  }
  double rate = atof(words[3]);
  uint64_t delay = atof(words[4]) * 1e6, queue = atof(words[5]) * 1e3;
  int here = interfaceIn(words[1]), there = interfaceIn(words[2]);
  struct direction ways[2] = {{.from = here, .to = there}, {.from = there, .to = here}};
  for (int n = 0; n < 2; n++) {
    ways[n].packets = calloc(PLACES, sizeof(struct packet));
    if (!ways[n].packets) fail("hold packets");
  }
  puts("up");
  fflush(stdout);
  for (;;) {
    uint64_t soonest = now() + 1000000000;
    for (int n = 0; n < 2; n++) soonest = move(&ways[n], rate, delay, queue, soonest);
    struct pollfd ends[3] = {{.fd = here, .events = POLLIN}, {.fd = there, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    uint64_t time = now();
    struct timespec pause = {0, soonest > time ? (long)(soonest - time) : 0};
    if (pause.tv_nsec >= 1000000000) pause.tv_nsec = 999999999;
    ppoll(ends, 3, &pause, NULL);
    if (ends[2].revents) {
      char line[64];
      ssize_t length = read(0, line, sizeof line - 1);
      if (length <= 0) break;
      line[length] = 0;
      if (atof(line) > 0) rate = atof(line);
    }
  }
  return 0;
}
