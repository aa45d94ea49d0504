extension DiskExecutor {
  /// Runs `work` that cannot fail on a thread that may block, and waits for it without holding a thread.
  func value<Success: Sendable>(of work: @escaping @Sendable () -> Success) async -> Success {
    await withCheckedContinuation { continuation in
      submit { continuation.resume(returning: work()) }
    }
  }
}
