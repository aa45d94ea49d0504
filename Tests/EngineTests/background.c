#include "background.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { thread_count = 4 };

typedef struct job {
  struct job *next;
  uint64_t due;
  chttp_exchange *exchange;
  void (*work)(chttp_exchange *exchange, unsigned long first, unsigned long second);
  unsigned long first, second;
} job;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_t threads[thread_count];
static job *jobs;  // Earliest first.
static bool stopping;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void *run(void *context) {
  (void)context;
  pthread_mutex_lock(&mutex);
  while (!stopping) {
    if (jobs == NULL) {
      pthread_cond_wait(&condition, &mutex);
    } else if (jobs->due > now()) {
      struct timespec until = {.tv_sec = (time_t)(jobs->due / 1000), .tv_nsec = (long)(jobs->due % 1000) * 1000000};
      pthread_cond_timedwait(&condition, &mutex, &until);
    } else {
      job *next = jobs;
      jobs = next->next;
      pthread_mutex_unlock(&mutex);
      next->work(next->exchange, next->first, next->second);
      free(next);
      pthread_mutex_lock(&mutex);
    }
  }
  pthread_mutex_unlock(&mutex);
  return NULL;
}

void background_start(void) {
  for (int index = 0; index < thread_count; index++) pthread_create(&threads[index], NULL, run, NULL);
}

void background_run(chttp_exchange *exchange, unsigned long delay_ms,
                    void (*work)(chttp_exchange *exchange, unsigned long first, unsigned long second),
                    unsigned long first, unsigned long second) {
  job *new_job = malloc(sizeof *new_job);
  *new_job = (job){.due = now() + delay_ms, .exchange = exchange, .work = work, .first = first, .second = second};
  pthread_mutex_lock(&mutex);
  job **place = &jobs;
  while (*place != NULL && (*place)->due <= new_job->due) place = &(*place)->next;
  new_job->next = *place;
  *place = new_job;
  pthread_cond_signal(&condition);
  pthread_mutex_unlock(&mutex);
}

void background_stop(void) {
  pthread_mutex_lock(&mutex);
  stopping = true;
  pthread_cond_broadcast(&condition);
  pthread_mutex_unlock(&mutex);
  for (int index = 0; index < thread_count; index++) pthread_join(threads[index], NULL);
  while (jobs != NULL) {
    job *next = jobs->next;
    chttp_exchange_release(jobs->exchange);
    free(jobs);
    jobs = next;
  }
}
