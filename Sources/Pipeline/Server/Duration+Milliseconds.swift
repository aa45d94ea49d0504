extension Duration {
  /// The duration in milliseconds, rounded down and kept within what the engine can take.
  var wholeMilliseconds: UInt32 {
    UInt32(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}
