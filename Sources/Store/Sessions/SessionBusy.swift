/// Somebody else has been changing the conversation for longer than a request may wait (wire 1.8, 1.11).
public struct SessionBusy: Error, Sendable, Equatable {
  /// The conversation.
  public let session: SessionID

  /// An error for one conversation.
  public init(session: SessionID) {
    self.session = session
  }
}
