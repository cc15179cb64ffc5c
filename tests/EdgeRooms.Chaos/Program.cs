return await EdgeRooms.Chaos.ChaosCommand.RunAsync(args);
