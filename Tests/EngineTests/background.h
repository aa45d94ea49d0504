// A few threads that do something with an exchange after a while.
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "chttp.h"

#include <pthread.h>

void background_start(void);
/// Runs `work` after `delay_ms`. Takes over one reference of the exchange.
void background_run(chttp_exchange *exchange, unsigned long delay_ms,
                    void (*work)(chttp_exchange *exchange, unsigned long first, unsigned long second),
                    unsigned long first, unsigned long second);
/// Runs what is due, drops the rest, ends the threads.
void background_stop(void);

#endif
