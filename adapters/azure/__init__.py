"""Azure Functions (v2 programming model): HTTP, Event Grid through a storage queue, poison queue, timer."""
