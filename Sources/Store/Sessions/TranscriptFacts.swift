import JSON

/// What the list must know of a transcript (domain 1.7).
struct TranscriptFacts: Sendable, Equatable {
  /// How many messages there are.
  var messageCount = 0
  /// How many of them a user wrote.
  var userMessageCount = 0
  /// The newest time of a message that is no tool row and no empty partial row; nil when none has a time.
  var lastMessageAt: Double?

  init() {}

  init(messageCount: Int, userMessageCount: Int, lastMessageAt: Double?) {
    self.messageCount = messageCount
    self.userMessageCount = userMessageCount
    self.lastMessageAt = lastMessageAt
  }

  /// Looks once into every message.
  init(of messages: TranscriptMessages) {
    messageCount = messages.count
    for message in messages {
      let glance = MessageGlance(message)
      if glance.role == .user { userMessageCount += 1 }
      guard glance.isVisible, let time = glance.timestamp else { continue }
      lastMessageAt = max(lastMessageAt ?? time, time)
    }
  }
}
