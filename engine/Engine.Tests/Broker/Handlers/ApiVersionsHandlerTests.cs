using Engine.Broker.Handlers;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Broker.Handlers;

public sealed class ApiVersionsHandlerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Handle_ValidClient_ListsWhatIsServed(short version)
    {
        var response = ApiVersionsHandler.Handle(new() { ClientSoftwareName = "kcat", ClientSoftwareVersion = "1.7.0-2" }, version);

        Assert.Equal(ErrorCode.None, response.Error);
        Assert.Equal(new ApiVersionRange(ApiKey.Produce, 0, 11), response.Apis.Single(api => api.Api == ApiKey.Produce));
        Assert.Equal(ApiTable.All.Length, response.Apis.Count);
    }

    [Theory]
    [InlineData("", "1")]
    [InlineData("kcat", "")]
    [InlineData("-kcat", "1")]
    [InlineData("kcat", "1.")]
    [InlineData("my client", "1")]
    [InlineData("kcat", "1\n")]
    public void Handle_NameThatIsNotOne_IsAnInvalidRequest(string name, string clientVersion)
    {
        var request = new ApiVersionsRequest { ClientSoftwareName = name, ClientSoftwareVersion = clientVersion };

        Assert.Equal(ErrorCode.InvalidRequest, ApiVersionsHandler.Handle(request, 3).Error);
        Assert.Empty(ApiVersionsHandler.Handle(request, 3).Apis);
        Assert.Equal(ErrorCode.None, ApiVersionsHandler.Handle(request, 2).Error);
    }
}
