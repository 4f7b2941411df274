ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /source
# Restore depends on the project files alone, so that a change of code does not fetch packages again.
COPY global.json .editorconfig BannedSymbols.txt Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY src/Billing/Billing.csproj src/Billing/
COPY src/Credits/Credits.csproj src/Credits/
COPY src/Host/Host.csproj src/Host/
COPY src/Identity/Identity.csproj src/Identity/
COPY src/Inbox/Inbox.csproj src/Inbox/
COPY src/Notifications/Notifications.csproj src/Notifications/
COPY src/Orders/Orders.csproj src/Orders/
COPY src/SharedKernel/SharedKernel.csproj src/SharedKernel/
RUN dotnet restore src/Host/Host.csproj
COPY src/ src/
RUN dotnet publish src/Host/Host.csproj --no-restore --configuration Release --output /app -p:UseAppHost=false

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY --from=build /app ./
# A read-only root file system is enough: DOTNET_EnableDiagnostics wants a socket in /tmp.
ENV ASPNETCORE_HTTP_PORTS=8080 DOTNET_EnableDiagnostics=0
EXPOSE 8080
USER $APP_UID
# The Host asks itself: the image has no curl and needs none.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["dotnet", "/app/BillingMonolith.Host.dll", "health"]
ENTRYPOINT ["dotnet", "/app/BillingMonolith.Host.dll"]
